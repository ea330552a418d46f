# Everything under tests/, by glob: C tests of each tier, guests for them, and end-to-end scripts.

pkg_check_modules(cmocka REQUIRED IMPORTED_TARGET cmocka)
find_program(AIRS_WAT2WASM wat2wasm REQUIRED)

set(airs_guests_folder ${PROJECT_BINARY_DIR}/guests)
set(airs_test_environment
    AIRS=${PROJECT_BINARY_DIR}/airs
    AIRS_GUESTS=${airs_guests_folder}
    AIRS_EXAMPLES=${PROJECT_BINARY_DIR}/examples
    AIRS_BUILD=${PROJECT_BINARY_DIR}
    SOURCE=${PROJECT_SOURCE_DIR})
if(AIRS_SANITIZE)
    list(APPEND airs_test_environment "UBSAN_OPTIONS=print_stacktrace=1" "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1"
         "ASAN_OPTIONS=detect_stack_use_after_return=0:strict_string_checks=1")
    set(airs_timeout_factor 5)
else()
    set(airs_timeout_factor 1)
endif()

function(airs_register_test name label seconds)
    math(EXPR seconds "${seconds} * ${airs_timeout_factor}")
    set_tests_properties(${name} PROPERTIES LABELS "${label}" TIMEOUT ${seconds} ENVIRONMENT "${airs_test_environment}")
endfunction()

# Guests: C through the SDK, text modules (with every proposal switched on, for what airs must refuse) through wat2wasm.
file(GLOB wat_guests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/guests/*.wat)
foreach(source IN LISTS wat_guests)
    cmake_path(GET source STEM name)
    set(module ${airs_guests_folder}/${name}.wasm)
    add_custom_command(
        OUTPUT ${module}
        COMMAND ${CMAKE_COMMAND} -E make_directory ${airs_guests_folder}
        COMMAND ${AIRS_WAT2WASM} --enable-all --debug-names -o ${module} ${source}
        DEPENDS ${source}
        COMMENT "Building guest ${name}"
        VERBATIM)
    list(APPEND wat_modules ${module})
endforeach()
add_custom_target(airs_wat_guests ALL DEPENDS ${wat_modules})

file(GLOB c_guests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/guests/*.c)
foreach(source IN LISTS c_guests)
    cmake_path(GET source STEM name)
    airs_add_guest(${name} SOURCES ${source} OUTPUT_DIRECTORY ${airs_guests_folder})
endforeach()

# C tests: tests/<tier>/test_<name>.c is one executable; other .c files beside it are shared by the tests of that tier.
foreach(tier IN LISTS airs_tiers)
    file(GLOB tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${tier}/test_*.c)
    file(GLOB shared CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${tier}/*.c)
    list(REMOVE_ITEM shared ${tests})
    foreach(source IN LISTS tests)
        cmake_path(GET source STEM name)
        set(target ${tier}_${name})
        add_executable(${target} ${source} ${shared})
        if(tier STREQUAL "bench") # the library does not have it
            target_sources(${target} PRIVATE $<TARGET_OBJECTS:airs_bench>)
        endif()
        set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests/${tier} OUTPUT_NAME ${name})
        target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
        target_link_libraries(${target} PRIVATE airs_flags airs_static PkgConfig::cmocka PkgConfig::yaml PkgConfig::jansson)
        if(name STREQUAL "test_no_memory") # it makes allocations fail
            target_link_options(${target} PRIVATE -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=pthread_create,--wrap=mmap)
        elseif(name STREQUAL "test_permits") # it has threads refused
            target_link_options(${target} PRIVATE -Wl,--wrap=pthread_create)
        elseif(name STREQUAL "test_heap") # it counts pages too
            target_link_options(${target} PRIVATE -Wl,--wrap=malloc,--wrap=mmap,--wrap=munmap)
        endif()
        add_test(NAME ${tier}/${name} COMMAND ${target})
        airs_register_test(${tier}/${name} ${tier} 120)
    endforeach()
endforeach()

# make soak: everything the core has, at random, for SOAK_SECONDS; a short one is a test.
file(GLOB soak_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/soak/*.c)
add_executable(airs_soak ${soak_sources} ${PROJECT_SOURCE_DIR}/tests/core/kit.c)
set_target_properties(airs_soak PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests/soak OUTPUT_NAME soak)
target_include_directories(airs_soak PRIVATE ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(airs_soak PRIVATE airs_flags airs_static PkgConfig::cmocka)
add_test(NAME soak/short COMMAND ${CMAKE_COMMAND} -E env SOAK_SECONDS=4 $<TARGET_FILE:airs_soak>)
airs_register_test(soak/short core 120)

# Scripts: end to end through the program, the installed package, and the project's own tools. lib.sh is what the scripts of a folder share.
# Programs outside this build can't link a sanitized library, so the installation is tested without sanitizers only.
set(script_groups e2e tools)
if(NOT AIRS_SANITIZE)
    list(APPEND script_groups install)
endif()
foreach(group IN LISTS script_groups)
    file(GLOB scripts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${group}/*.sh)
    list(FILTER scripts EXCLUDE REGEX "/lib\\.sh$")
    foreach(script IN LISTS scripts)
        cmake_path(GET script STEM name)
        add_test(NAME ${group}/${name} COMMAND bash ${script})
        airs_register_test(${group}/${name} ${group} 300)
    endforeach()
endforeach()

# The explorer brings its own instrumentation; x86-64 only, as its fibers are.
if(NOT AIRS_SANITIZE AND CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    include(AirsExplorer)
endif()
