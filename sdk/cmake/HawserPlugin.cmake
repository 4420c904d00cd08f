# hawser_add_plugin(NAME SOURCES a.cpp … [MANIFEST plugin.toml] [LIBRARIES target …])
#
# Builds NAME.so, a plugin of the host: plugin.toml embedded as an ELF note (hawser/manifest.h), one exported function,
# no symbol left to the host. It goes to HAWSER_PLUGIN_OUTPUT if that is set, else to the current binary directory.
# C and C++ alike; a project of only one of them needs no compiler for the other. C++20 unless CMAKE_CXX_STANDARD says
# another.
include_guard(GLOBAL)

function(hawser_add_plugin name)
  cmake_parse_arguments(PLUGIN "" "MANIFEST" "SOURCES;LIBRARIES" ${ARGN})
  if(PLUGIN_UNPARSED_ARGUMENTS OR PLUGIN_KEYWORDS_MISSING_VALUES)
    message(FATAL_ERROR "hawser_add_plugin(${name}): expected SOURCES, MANIFEST and LIBRARIES with values, got "
      "${PLUGIN_UNPARSED_ARGUMENTS}${PLUGIN_KEYWORDS_MISSING_VALUES}")
  endif()
  if(NOT PLUGIN_SOURCES)
    message(FATAL_ERROR "hawser_add_plugin(${name}): expected SOURCES, got none")
  endif()
  if(NOT PLUGIN_MANIFEST)
    set(PLUGIN_MANIFEST plugin.toml)
  endif()
  cmake_path(ABSOLUTE_PATH PLUGIN_MANIFEST BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  if(NOT EXISTS ${PLUGIN_MANIFEST})
    message(FATAL_ERROR "hawser_add_plugin(${name}): no manifest ${PLUGIN_MANIFEST}; write it, or say MANIFEST file")
  endif()

  set(note ${CMAKE_CURRENT_BINARY_DIR}/${name}.manifest.c)
  add_custom_command(
    OUTPUT ${note}
    COMMAND ${CMAKE_COMMAND} -DMANIFEST=${PLUGIN_MANIFEST} -DOUTPUT=${note} -P
            ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/EmbedManifest.cmake
    DEPENDS ${PLUGIN_MANIFEST} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/EmbedManifest.cmake
    COMMENT "Embedding the manifest of ${name}"
    VERBATIM)

  # CMake leaves out a source of a language that is not enabled: the plugin would have no manifest.
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if(NOT C IN_LIST languages)
    set_source_files_properties(${note} PROPERTIES LANGUAGE CXX)
  endif()

  # See CheckCoroutines.cmake.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12.3)
    set(sources ${PLUGIN_SOURCES})
    list(FILTER sources INCLUDE REGEX "\\.(cc|cpp|cxx)$")
    list(TRANSFORM sources PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/" REGEX "^[^/]")
    set(looked_at ${CMAKE_CURRENT_BINARY_DIR}/${name}.coroutines)
    add_custom_command(
      OUTPUT ${looked_at}
      COMMAND ${CMAKE_COMMAND} "-DSOURCES=${sources}" -DOUTPUT=${looked_at} -P
              ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/CheckCoroutines.cmake
      DEPENDS ${sources} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/CheckCoroutines.cmake
      COMMENT "Looking for coroutines of ${name} that this compiler gets wrong"
      VERBATIM)
  endif()

  add_library(${name} MODULE ${PLUGIN_SOURCES} ${note} ${looked_at})
  target_link_libraries(${name} PRIVATE Hawser::sdk ${PLUGIN_LIBRARIES})
  set_target_properties(${name} PROPERTIES
    PREFIX "" OUTPUT_NAME ${name}
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  if(NOT CMAKE_CXX_STANDARD)
    set_target_properties(${name} PROPERTIES CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON)
  endif()
  if(HAWSER_PLUGIN_OUTPUT)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${HAWSER_PLUGIN_OUTPUT})
  endif()
  if(NOT WIN32)
    # Flags alone leave std:: symbols exported; the script exports the entry and nothing else.
    target_link_options(${name} PRIVATE
      -Wl,--version-script=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map -Wl,-z,now -Wl,-z,noexecstack)
    if(HAWSER_PROGRAM AND NOT HAWSER_SANITIZE AND NOT CMAKE_CROSSCOMPILING)
      add_custom_command(TARGET ${name} POST_BUILD
        COMMAND ${CMAKE_COMMAND} -DPROGRAM=${HAWSER_PROGRAM} -DPLUGIN=$<TARGET_FILE:${name}> -P
                ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/CheckPlugin.cmake
        VERBATIM)
    endif()
    if(NOT HAWSER_SANITIZE)
      # A sanitizer's runtime is in the program, not in the plugin.
      target_link_options(${name} PRIVATE -Wl,-z,defs)
    endif()
  endif()
endfunction()
