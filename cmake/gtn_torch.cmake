# gtn_use_torch(target): LibTorch for an interface library. LibTorch's own target carries flags that differ between versions;
# this takes what gtn needs of it. Read by the build and, installed, by whoever uses the library.
function(gtn_use_torch target)
  target_include_directories(${target} SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
  target_link_libraries(${target} INTERFACE ${TORCH_LIBRARIES} OpenMP::OpenMP_CXX)
  separate_arguments(flags UNIX_COMMAND "${TORCH_CXX_FLAGS}")
  target_compile_options(${target} INTERFACE ${flags})
endfunction()
