# The flags of every target of this project; third-party headers are system headers and stay silent.
add_library(sluice_flags INTERFACE)
target_compile_options(sluice_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wundef -Wcast-qual
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual -Wextra-semi>
  # GCC 12 sees overlapping copies inside of std::string that are not there.
  -Wno-restrict -fno-omit-frame-pointer)
if(SLUICE_WARNINGS_AS_ERRORS)
  target_compile_options(sluice_flags INTERFACE -Werror)
endif()
if(SLUICE_SANITIZE)
  # With sanitizers GCC 12 sees uninitialised reads inside of the standard library that are not there.
  target_compile_options(sluice_flags INTERFACE -fsanitize=${SLUICE_SANITIZE} -fno-sanitize-recover=all -Wno-maybe-uninitialized)
  target_link_options(sluice_flags INTERFACE -fsanitize=${SLUICE_SANITIZE})
endif()
