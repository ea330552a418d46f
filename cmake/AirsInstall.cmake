# make install: libraries, headers, program, guest SDK, pkg-config file and CMake package. Everything is relative to where the package's own
# files lie, so that a prefix may be chosen at install time and moved afterwards.

include(CMakePackageConfigHelpers)
set(airs_package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/airs)

install(
    TARGETS airs_static airs_shared
    EXPORT airs-targets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS airs_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${AIRS_WASMTIME_FOLDER}/libairs_wasmtime.a DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/airs DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

# Guests: airs-guest.cmake is found by include() once find_package(airs) has run, and finds airs.h in share/airs.
install(FILES sdk/c/airs-guest.cmake DESTINATION ${airs_package_folder})
install(FILES sdk/c/airs.h DESTINATION ${CMAKE_INSTALL_DATADIR}/airs/sdk/c)
install(FILES wit/airs-actor.wit wit/airssys-core.wit DESTINATION ${CMAKE_INSTALL_DATADIR}/airs/wit)

file(RELATIVE_PATH airs_pc_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/airs.pc.in ${PROJECT_BINARY_DIR}/airs.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/airs.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

configure_package_config_file(cmake/airs-config.cmake.in ${PROJECT_BINARY_DIR}/airs-config.cmake INSTALL_DESTINATION ${airs_package_folder}
                              PATH_VARS CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/airs-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/airs-config.cmake ${PROJECT_BINARY_DIR}/airs-config-version.cmake DESTINATION ${airs_package_folder})
install(
    EXPORT airs-targets
    NAMESPACE airs::
    DESTINATION ${airs_package_folder})
