# find_package(Hawser): the target Hawser::sdk and the function hawser_add_plugin().
# The host, if it is installed: then hawser_add_plugin() has it look at what was built.
find_program(HAWSER_PROGRAM hawser HINTS ${CMAKE_CURRENT_LIST_DIR}/../../../bin)
include(${CMAKE_CURRENT_LIST_DIR}/HawserTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/HawserPlugin.cmake)
