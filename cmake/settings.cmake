# Language, warnings and build speed: the same for every target of ours.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(QUINCE_TESTS "Build the tests and benchmarks" ON)
option(QUINCE_GUEST_PROGRAMS "Build programs for the guest along with everything else" ON)
# For add_custom_target() of what the guest runs, which is the same in builds with other host compilers.
if(QUINCE_GUEST_PROGRAMS)
  set(guest_programs_in_all ALL)
else()
  set(guest_programs_in_all)
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(quince_settings INTERFACE)
target_include_directories(quince_settings INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(quince_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast
  -Werror -fno-strict-aliasing)
# Exact floating point depends on the host's arithmetic being taken as written.
target_compile_options(quince_settings INTERFACE -ffp-contract=off -frounding-math)

# quince_library(NAME sources... [LINK libs...]): a static library with the project's settings.
function(quince_library name)
  cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
  add_library(${name} STATIC ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC quince_settings ${arg_LINK})
endfunction()
