# A Debian package of what is installed: `cd DIRECTORY && cpack --config build/release/CPackConfig.cmake` makes
# DIRECTORY/systrace-lib_VERSION_amd64.deb.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME systrace-lib)
# Who makes packages for others to install has an address, here and in debian/changelog.
set(CPACK_PACKAGE_CONTACT "The systrace-lib authors <authors@systrace-lib.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "attribute the system calls of a program to its libraries")
set(CPACK_PACKAGE_DESCRIPTION
"Runs a program, sees every system call of all its processes and threads,
unwinds the user stack at each, and tells which library asked for it, as a
table per library and system call. Needs no root, no capability and no kernel
module.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS graphviz) # for .svg

# Read by cpack itself: what else policy wants, and one date for all.
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/packaging/date.cmake)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/packaging/policy.cmake)
set(CPACK_POST_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/packaging/archive.cmake)
set(CPACK_SYSTRACE_SOURCE ${PROJECT_SOURCE_DIR})
include(CPack)
