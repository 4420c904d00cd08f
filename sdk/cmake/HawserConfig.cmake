# find_package(Hawser): the target Hawser::sdk and the function hawser_add_plugin().
include(${CMAKE_CURRENT_LIST_DIR}/HawserTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/HawserPlugin.cmake)
