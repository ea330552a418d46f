# airs_add_guest: compiles a component written in C to a WebAssembly core module.
#
#   include(airs-guest)                      # from find_package(airs), or by path
#   airs_add_guest(hello SOURCES hello.c)    # makes hello.wasm in the current binary folder, part of `all`
#
#   airs_add_guest(<name>
#       SOURCES <file.c>...          relative to the current source folder
#       [OUTPUT_DIRECTORY <folder>]  where <name>.wasm goes; default: the current binary folder
#       [DEFINITIONS <A=1>...]       passed as -D
#       [INCLUDE_DIRECTORIES <dir>...]
#       [STACK_SIZE <bytes>]         default 16384, so that a small component fits one page of 64 KiB
#       [NO_STRIP])                  keeps DWARF; function names, which traps show, are kept either way
#
# The file's path is the target's property AIRS_GUEST_FILE. The toolchain is clang (16 or newer, with the wasm32 target), wasm-ld and
# wasi-libc; AIRS_GUEST_CC and AIRS_GUEST_LD name others. Debian: clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32.
cmake_minimum_required(VERSION 3.20)
include_guard(GLOBAL)

set(AIRS_GUEST_PACKAGES "clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32")

# airs.h stands beside this file in the source tree, and in share/airs/sdk/c of an installation.
find_path(AIRS_GUEST_INCLUDE_DIR airs.h
    PATHS "${CMAKE_CURRENT_LIST_DIR}"
        "${CMAKE_CURRENT_LIST_DIR}/../../../share/airs/sdk/c"
        "${CMAKE_CURRENT_LIST_DIR}/../../../../share/airs/sdk/c"
    NO_DEFAULT_PATH DOC "Folder of the guest header airs.h")
mark_as_advanced(AIRS_GUEST_INCLUDE_DIR)

# Finds the toolchain once and proves it by linking a small reactor, so that what is missing is said here and not by a later build.
function(airs_find_guest_toolchain)
    find_program(AIRS_GUEST_CC NAMES clang-19 clang-20 clang-21 clang-18 clang-17 clang-16 clang DOC "C compiler for guests")
    find_program(AIRS_GUEST_LD NAMES wasm-ld-19 wasm-ld-20 wasm-ld-21 wasm-ld-18 wasm-ld-17 wasm-ld-16 wasm-ld DOC "Linker for guests")
    mark_as_advanced(AIRS_GUEST_CC AIRS_GUEST_LD)
    set(key "${AIRS_GUEST_CC};${AIRS_GUEST_LD};${AIRS_GUEST_INCLUDE_DIR}")
    if(AIRS_GUEST_CHECKED STREQUAL key)
        return()
    endif()
    foreach(need AIRS_GUEST_CC AIRS_GUEST_LD AIRS_GUEST_INCLUDE_DIR)
        if(NOT ${need})
            message(FATAL_ERROR "airs_add_guest: ${need} was not found; guests need clang (16 or newer), wasm-ld and wasi-libc. "
                "On Debian: apt-get install ${AIRS_GUEST_PACKAGES}")
        endif()
    endforeach()
    set(folder "${CMAKE_BINARY_DIR}/CMakeFiles/airs-guest-check")
    file(MAKE_DIRECTORY "${folder}")
    file(WRITE "${folder}/check.c" "#include <airs.h>\n"
        "static airs_result handle_message(const airs_message *m) { return airs_failf(\"%zu\", m->length); }\n"
        "AIRS_HANDLE_MESSAGE(handle_message);\n")
    execute_process(
        COMMAND "${AIRS_GUEST_CC}" --target=wasm32-wasi -mexec-model=reactor "-fuse-ld=${AIRS_GUEST_LD}" -I "${AIRS_GUEST_INCLUDE_DIR}"
            "${folder}/check.c" -o "${folder}/check.wasm"
        RESULT_VARIABLE result ERROR_VARIABLE output OUTPUT_VARIABLE output)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "airs_add_guest: ${AIRS_GUEST_CC} can't make a WASI module; clang (16 or newer) with the wasm32 target, "
            "wasm-ld and wasi-libc are needed. On Debian: apt-get install ${AIRS_GUEST_PACKAGES}\n${output}")
    endif()
    set(AIRS_GUEST_CHECKED "${key}" CACHE INTERNAL "The guest toolchain that was seen to work")
endfunction()

function(airs_add_guest name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "NO_STRIP" "OUTPUT_DIRECTORY;STACK_SIZE" "SOURCES;DEFINITIONS;INCLUDE_DIRECTORIES")
    if(NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "airs_add_guest(${name}): SOURCES <file.c>... is needed, unknown: '${arg_UNPARSED_ARGUMENTS}'")
    endif()
    airs_find_guest_toolchain()
    if(NOT arg_OUTPUT_DIRECTORY)
        set(arg_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
    endif()
    if(NOT arg_STACK_SIZE)
        set(arg_STACK_SIZE 16384)
    endif()
    set(compile --target=wasm32-wasi -std=gnu11 -O2 -Wall -Wextra -I "${AIRS_GUEST_INCLUDE_DIR}")
    foreach(dir IN LISTS arg_INCLUDE_DIRECTORIES)
        get_filename_component(dir "${dir}" ABSOLUTE)
        list(APPEND compile -I "${dir}")
    endforeach()
    foreach(definition IN LISTS arg_DEFINITIONS)
        list(APPEND compile "-D${definition}")
    endforeach()
    set(link --target=wasm32-wasi -mexec-model=reactor "-fuse-ld=${AIRS_GUEST_LD}" -Wl,--stack-first "-Wl,-z,stack-size=${arg_STACK_SIZE}")
    if(arg_NO_STRIP)
        list(APPEND compile -g)
    else()
        list(APPEND link -Wl,--strip-debug)
    endif()

    set(folder "${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${name}.guest")
    set(objects "")
    foreach(source IN LISTS arg_SOURCES)
        get_filename_component(path "${source}" ABSOLUTE)
        string(MAKE_C_IDENTIFIER "${source}" stem)
        set(object "${folder}/${stem}.o")
        add_custom_command(OUTPUT "${object}"
            COMMAND "${CMAKE_COMMAND}" -E make_directory "${folder}"
            COMMAND "${AIRS_GUEST_CC}" ${compile} -MD -MT "${object}" -MF "${object}.d" -c "${path}" -o "${object}"
            DEPENDS "${path}" "${AIRS_GUEST_INCLUDE_DIR}/airs.h" DEPFILE "${object}.d"
            COMMENT "Compiling guest ${name}: ${source}" VERBATIM)
        list(APPEND objects "${object}")
    endforeach()
    set(output "${arg_OUTPUT_DIRECTORY}/${name}.wasm")
    add_custom_command(OUTPUT "${output}"
        COMMAND "${CMAKE_COMMAND}" -E make_directory "${arg_OUTPUT_DIRECTORY}"
        COMMAND "${AIRS_GUEST_CC}" ${link} ${objects} -o "${output}"
        DEPENDS ${objects} COMMENT "Linking guest ${name}.wasm" VERBATIM)
    add_custom_target(${name} ALL DEPENDS "${output}")
    set_target_properties(${name} PROPERTIES AIRS_GUEST_FILE "${output}")
endfunction()
