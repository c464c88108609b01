# add_node_plugin(NAME SOURCES ... [LIBS ...])
# A shared object of node types: hidden visibility, one exported symbol, the SDK and nothing else of this project.
function(add_node_plugin name)
  cmake_parse_arguments(PLUGIN "" "DIRECTORY" "SOURCES;LIBS" ${ARGN})
  if(NOT PLUGIN_DIRECTORY)
    set(PLUGIN_DIRECTORY ${SLUICE_PLUGIN_DIRECTORY})
  endif()
  add_library(plugin_${name} MODULE ${PLUGIN_SOURCES})
  target_link_libraries(plugin_${name} PRIVATE sluice_flags sluice_sdk ${PLUGIN_LIBS})
  target_link_options(plugin_${name} PRIVATE
    -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/plugin.map -Wl,--no-undefined -Wl,-z,defs)
  if(SLUICE_SANITIZE)
    # The sanitizers' own symbols come from the program that loads the plugin.
    target_link_options(plugin_${name} PRIVATE -Wl,-z,undefs)
  endif()
  set_target_properties(plugin_${name} PROPERTIES
    OUTPUT_NAME ${name} PREFIX "" SUFFIX ".so"
    LIBRARY_OUTPUT_DIRECTORY ${PLUGIN_DIRECTORY})
  set_target_properties(plugin_${name} PROPERTIES LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/plugin.map)
endfunction()
