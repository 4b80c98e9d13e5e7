# Every third-party package, in one place. Debian's names are in tools/packages.txt.
# LibTorch: Debian's, or any from 1.13 on with -DCMAKE_PREFIX_PATH=/path/to/libtorch.
set(CMAKE_FIND_PACKAGE_PREFER_CONFIG ON)
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)  # so that a project may add_subdirectory() this one
find_package(Torch 1.13 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(tomlplusplus 3.3 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(PNG REQUIRED)
find_package(ZLIB REQUIRED)
find_package(SQLiteCpp 3.2 REQUIRED)
find_package(OpenMP REQUIRED)

# LibTorch's own target carries flags that differ between versions; this one carries what we need of it.
add_library(gtn_torch INTERFACE)
target_include_directories(gtn_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
target_link_libraries(gtn_torch INTERFACE ${TORCH_LIBRARIES} OpenMP::OpenMP_CXX)
separate_arguments(GTN_TORCH_FLAGS UNIX_COMMAND "${TORCH_CXX_FLAGS}")
target_compile_options(gtn_torch INTERFACE ${GTN_TORCH_FLAGS})
