# The explorer of tests/explorer: an engine compiled as usual, and what it explores, airs' own sources among it, compiled with the accesses to memory
# announced (-fsanitize=thread without its library: the engine is what they are announced to) and the C library's names replaced.

set(explorer_folder ${PROJECT_SOURCE_DIR}/tests/explorer)
set(explorer_warnings -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla $<$<BOOL:${AIRS_WERROR}>:-Werror>)
set(explorer_flags -O2 -gdwarf-4 -UNDEBUG -U_FORTIFY_SOURCE -fno-omit-frame-pointer -mcx16)

file(GLOB explorer_engine CONFIGURE_DEPENDS ${explorer_folder}/engine/*.c)
add_library(explorer_engine OBJECT ${explorer_engine})
target_compile_options(explorer_engine PRIVATE ${explorer_flags} ${explorer_warnings})

function(explorer_explored target)
    target_compile_options(
        ${target} PRIVATE ${explorer_flags} $<IF:$<C_COMPILER_ID:GNU>,-O1,-O0> ${explorer_warnings} -fsanitize=thread -include ${explorer_folder}/engine/intercept.h)
endfunction()

add_library(explorer_litmus_programs OBJECT ${explorer_folder}/litmus/litmus.c)
add_library(explorer_random OBJECT ${explorer_folder}/litmus/random.c)
explorer_explored(explorer_litmus_programs)
explorer_explored(explorer_random)

add_executable(explorer_litmus ${explorer_folder}/litmus/test_litmus.c ${explorer_folder}/litmus/outcomes.c)
target_compile_options(explorer_litmus PRIVATE ${explorer_flags} ${explorer_warnings})
target_link_libraries(explorer_litmus PRIVATE explorer_engine explorer_litmus_programs PkgConfig::cmocka)

add_executable(explorer_axioms ${explorer_folder}/litmus/test_axioms.c)
target_compile_options(explorer_axioms PRIVATE ${explorer_flags} ${explorer_warnings})
target_link_libraries(explorer_axioms PRIVATE explorer_engine explorer_random PkgConfig::cmocka)

foreach(target explorer_engine explorer_litmus_programs explorer_random explorer_litmus explorer_axioms)
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE=)
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
endforeach()
set_target_properties(explorer_litmus PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests/explorer OUTPUT_NAME litmus ENABLE_EXPORTS ON)

set_target_properties(explorer_axioms PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests/explorer OUTPUT_NAME axioms ENABLE_EXPORTS ON)

add_test(NAME explorer/axioms COMMAND explorer_axioms)
airs_register_test(explorer/axioms explorer 120)
add_test(NAME explorer/litmus COMMAND explorer_litmus)
airs_register_test(explorer/litmus explorer 60)

# airs' own sources, and the programs made of them.
file(GLOB_RECURSE explorer_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/base/*.c ${PROJECT_SOURCE_DIR}/src/core/*.c)
# Pages come from the explorer; two sources are included by programs/scheduler.c.
list(REMOVE_ITEM explorer_sources ${PROJECT_SOURCE_DIR}/src/base/heap/pages.c ${PROJECT_SOURCE_DIR}/src/core/scheduler/monitor.c
     ${PROJECT_SOURCE_DIR}/src/core/scheduler/worker.c)
file(GLOB explorer_programs CONFIGURE_DEPENDS ${explorer_folder}/programs/*.c)
list(REMOVE_ITEM explorer_programs ${explorer_folder}/programs/explore.c)
add_library(explorer_airs OBJECT ${explorer_sources})
set_target_properties(explorer_airs PROPERTIES EXPORT_COMPILE_COMMANDS OFF) # lint sees these sources as they are
add_library(explorer_programs OBJECT ${explorer_programs})
explorer_explored(explorer_airs)
explorer_explored(explorer_programs)

add_executable(explorer_explore ${explorer_folder}/programs/explore.c)
target_compile_options(explorer_explore PRIVATE ${explorer_flags} ${explorer_warnings})
target_link_libraries(explorer_explore PRIVATE explorer_engine explorer_airs explorer_programs Threads::Threads)
foreach(target explorer_airs explorer_programs explorer_explore)
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE=)
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
endforeach()
set_target_properties(explorer_explore PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests/explorer OUTPUT_NAME explore ENABLE_EXPORTS ON)

add_test(NAME explorer/programs COMMAND explorer_explore)
add_test(NAME explorer/edges COMMAND explorer_explore --edges ${PROJECT_SOURCE_DIR}/src)
airs_register_test(explorer/programs explorer 300)
airs_register_test(explorer/edges explorer 600)
add_custom_target(explore COMMAND explorer_litmus COMMAND explorer_explore --deep COMMAND explorer_explore --edges ${PROJECT_SOURCE_DIR}/src USES_TERMINAL VERBATIM)
