# Every third-party package, in one place. Debian's names are in tools/packages.txt.
# LibTorch: Debian's, or any from 1.13 on with -DCMAKE_PREFIX_PATH=/path/to/libtorch.
set(CMAKE_FIND_PACKAGE_PREFER_CONFIG ON)
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)  # so that a project may add_subdirectory() this one
# gtn_needs(package [version]): of the library, and so of whoever links it (cmake/gtnConfig.cmake.in).
macro(gtn_needs)
  find_package(${ARGV} REQUIRED)
  string(JOIN " " words ${ARGV})
  string(APPEND GTN_FIND_DEPENDENCIES "find_dependency(${words})\n")
endmacro()
gtn_needs(Torch 1.13)
gtn_needs(OpenMP)
gtn_needs(nlohmann_json 3.11)
gtn_needs(tomlplusplus 3.3)
gtn_needs(PNG)
gtn_needs(libjpeg-turbo 2.1)
gtn_needs(ZLIB)
gtn_needs(SQLiteCpp 3.2)
find_package(CLI11 2.1 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib>=0.11)

include(gtn_torch)
add_library(gtn_torch INTERFACE)
gtn_use_torch(gtn_torch)
