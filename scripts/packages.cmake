# Two Debian packages: `hawser`, the host with its plugins, and `hawser-dev`, what a plugin is built with. The boundary that
# a host speaks is a package of its own name: a plugin's package depends on `hawser-abi-1 (>= 1.0)`, with the minor that
# its manifest asks for, and stays installable over every later host of that major version.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME hawser)
set(CPACK_PACKAGE_VENDOR Hawser)
set(CPACK_PACKAGE_CONTACT "The developers of Hawser <hawser@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL Unspecified sdk)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)

string(REGEX REPLACE "\\..*" "" abi_major ${HAWSER_ABI_VERSION})
set(CPACK_DEBIAN_UNSPECIFIED_PACKAGE_NAME hawser)
set(CPACK_DEBIAN_UNSPECIFIED_PACKAGE_SECTION net)
set(CPACK_DEBIAN_UNSPECIFIED_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_UNSPECIFIED_PACKAGE_PROVIDES "hawser-abi-${abi_major} (= ${HAWSER_ABI_VERSION})")
set(CPACK_COMPONENT_UNSPECIFIED_DESCRIPTION "Server host for plugins
 Drop a shared library into a directory, name it in one TOML file, and it serves.")

set(CPACK_DEBIAN_SDK_PACKAGE_NAME hawser-dev)
set(CPACK_DEBIAN_SDK_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_SDK_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_SDK_PACKAGE_SUGGESTS "hawser, g++, cmake, cargo")
set(CPACK_COMPONENT_SDK_DESCRIPTION "Server host for plugins: what a plugin is built with
 The C boundary, the C++20 layer, the test kit and the CMake function; headers alone.")
include(CPack)
