# Warnings, sanitizers, linker and precompiled header, for our own targets only.
add_library(gtn_options INTERFACE)
target_compile_options(gtn_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  # GCC 12 reports these falsely where std::string is inlined (its bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict -Wno-stringop-overflow -Wno-array-bounds>)

find_program(GTN_LLD ld.lld)
if(GTN_LLD)
  target_link_options(gtn_options INTERFACE -fuse-ld=lld)
endif()
find_program(GTN_CCACHE ccache)
if(GTN_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${GTN_CCACHE})
endif()

if(GTN_SANITIZE)
  add_compile_options(-fsanitize=${GTN_SANITIZE} -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${GTN_SANITIZE})
endif()

# gtn_door(name headers...): headers that are compiled once, the door to LibTorch first; gtn_precompile(target name) lets
# a target of ours share them. Without them a file of cli/ or tests/ spends most of its time in the headers of others.
function(gtn_door name)
  if(GTN_PCH)
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/${name}.cpp CONTENT "")
    add_library(${name} OBJECT ${PROJECT_BINARY_DIR}/${name}.cpp)
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} PRIVATE gtn_torch gtn_options)
    target_precompile_headers(${name} PRIVATE ${PROJECT_SOURCE_DIR}/gtn/core/tensor.h ${ARGN})
  endif()
endfunction()
function(gtn_precompile target door)
  if(GTN_PCH)
    target_precompile_headers(${target} REUSE_FROM ${door})
  endif()
endfunction()
gtn_door(gtn_torch_door)
