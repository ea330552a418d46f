# The target airs_wasmtime, and AIRS_WASMTIME_FOLDER where its headers and library lie. tools/build-wasmtime makes the folder on the first
# configure of a machine; later ones find it in the user's cache. It is asked again whenever the crate changes.

set(airs_crate ${PROJECT_SOURCE_DIR}/src/wasm/engine/wasmtime)
file(GLOB airs_crate_sources CONFIGURE_DEPENDS ${airs_crate}/src/*.rs)
set_property(
    DIRECTORY
    APPEND
    PROPERTY CMAKE_CONFIGURE_DEPENDS ${airs_crate_sources} ${airs_crate}/Cargo.toml ${airs_crate}/Cargo.lock ${airs_crate}/build.rs)

execute_process(
    COMMAND ${PROJECT_SOURCE_DIR}/tools/build-wasmtime
    OUTPUT_VARIABLE AIRS_WASMTIME_FOLDER
    OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE airs_wasmtime_result)
if(NOT airs_wasmtime_result EQUAL 0)
    message(FATAL_ERROR "tools/build-wasmtime failed; its message stands above")
endif()
message(STATUS "Wasmtime: ${AIRS_WASMTIME_FOLDER}")

find_package(Threads REQUIRED)
add_library(airs_wasmtime STATIC IMPORTED)
set_target_properties(airs_wasmtime PROPERTIES IMPORTED_LOCATION ${AIRS_WASMTIME_FOLDER}/libairs_wasmtime.a)
target_link_libraries(airs_wasmtime INTERFACE Threads::Threads ${CMAKE_DL_LIBS} m)
