# The CPU kernels, compiled once for each instruction set that the target processor family may have; gtn/kernels/kernels.cpp
# picks one when the program runs. -fno-math-errno and -fno-trapping-math let comparisons become vector code; NaN and
# infinity keep their meaning.
function(gtn_kernels table)
  add_library(gtn_kernels_${table} OBJECT ${PROJECT_SOURCE_DIR}/gtn/kernels/instruction_set.cpp)
  target_include_directories(gtn_kernels_${table} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_definitions(gtn_kernels_${table} PRIVATE GTN_TABLE=${table})
  target_compile_options(gtn_kernels_${table} PRIVATE -O3 -fno-math-errno -fno-trapping-math -ffp-contract=fast -Wno-psabi ${ARGN})
  target_link_libraries(gtn_kernels_${table} PRIVATE gtn_options)
  if(GTN_SANITIZE MATCHES undefined)  # it doubles what the compiler takes for each (138 s, 71 s without); addresses stay checked
    target_compile_options(gtn_kernels_${table} PRIVATE -fno-sanitize=undefined)
  endif()
  target_sources(gtn PRIVATE $<TARGET_OBJECTS:gtn_kernels_${table}>)
endfunction()

gtn_kernels(portable)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  gtn_kernels(avx2 -mavx2 -mfma)
  gtn_kernels(avx512 -mavx512f -mavx512dq -mavx512vl -mavx512bw -mfma -mprefer-vector-width=512)
  target_compile_definitions(gtn PRIVATE GTN_X86_KERNELS)
endif()
