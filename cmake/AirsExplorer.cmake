# The explorer of tests/explorer: an engine compiled as usual, and what it explores, airs' own sources among it, compiled with the accesses to memory
# announced (-fsanitize=thread without its library: the engine is what they are announced to) and the C library's names replaced.

set(explorer_folder ${PROJECT_SOURCE_DIR}/tests/explorer)
set(explorer_warnings -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla $<$<BOOL:${AIRS_WERROR}>:-Werror>)
set(explorer_flags -O2 -g -UNDEBUG -U_FORTIFY_SOURCE -fno-omit-frame-pointer -mcx16)

file(GLOB explorer_engine CONFIGURE_DEPENDS ${explorer_folder}/engine/*.c)
add_library(explorer_engine OBJECT ${explorer_engine})
target_compile_options(explorer_engine PRIVATE ${explorer_flags} ${explorer_warnings})

function(explorer_explored target)
    target_compile_options(
        ${target} PRIVATE ${explorer_flags} -O1 ${explorer_warnings} -fsanitize=thread -include ${explorer_folder}/engine/intercept.h)
endfunction()

add_library(explorer_litmus_programs OBJECT ${explorer_folder}/litmus/litmus.c)
explorer_explored(explorer_litmus_programs)

add_executable(explorer_litmus ${explorer_folder}/litmus/test_litmus.c ${explorer_folder}/litmus/outcomes.c)
target_compile_options(explorer_litmus PRIVATE ${explorer_flags} ${explorer_warnings})
target_link_libraries(explorer_litmus PRIVATE explorer_engine explorer_litmus_programs PkgConfig::cmocka)

foreach(target explorer_engine explorer_litmus_programs explorer_litmus)
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE=)
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
endforeach()
set_target_properties(explorer_litmus PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests/explorer OUTPUT_NAME litmus ENABLE_EXPORTS ON)

add_test(NAME explorer/litmus COMMAND explorer_litmus)
airs_register_test(explorer/litmus explorer 60)
