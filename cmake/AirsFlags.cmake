# How everything of ours is compiled and linked: airs_flags for our code, airs_link_flags for what links it.

option(AIRS_WERROR "Warnings are errors" OFF)
set(AIRS_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them; empty for none")

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Release or Debug" FORCE)
endif()
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_C_FLAGS_DEBUG "-Og -g3")
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

add_library(airs_link_flags INTERFACE)
target_link_options(airs_link_flags INTERFACE -Wl,-z,relro,-z,now -Wl,--as-needed)

add_library(airs_flags INTERFACE)
target_link_libraries(airs_flags INTERFACE airs_link_flags)
target_compile_definitions(airs_flags INTERFACE _GNU_SOURCE=)
target_compile_options(
    airs_flags
    INTERFACE -Wall
              -Wextra
              -Wstrict-prototypes
              -Wmissing-prototypes
              -Wold-style-definition
              -Wvla
              -Wundef
              -Wpointer-arith
              -Wwrite-strings
              -Wformat-security
              -Wimplicit-fallthrough
              -fno-common
              -fno-omit-frame-pointer
              -ffunction-sections
              -fdata-sections
              $<$<BOOL:${AIRS_WERROR}>:-Werror>)
target_link_options(airs_link_flags INTERFACE -Wl,--gc-sections)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    target_compile_options(airs_flags INTERFACE -mcx16) # the mailbox's compare-and-swap; every x86-64 since 2006 has it
endif()

if(AIRS_SANITIZE)
    target_compile_options(airs_flags INTERFACE -fsanitize=${AIRS_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(airs_link_flags INTERFACE -fsanitize=${AIRS_SANITIZE})
else()
    target_compile_options(airs_flags INTERFACE -fstack-protector-strong -fstack-clash-protection)
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
        target_compile_options(airs_flags INTERFACE -fcf-protection)
    endif()
    target_compile_definitions(airs_flags INTERFACE $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
endif()
