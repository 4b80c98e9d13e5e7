// The version of these headers, and of the library that a program was linked with. CMake reads it from here.
#pragma once

#include <string_view>

#define GTN_VERSION "0.1.0"
#define GTN_VERSION_MAJOR 0
#define GTN_VERSION_MINOR 1
#define GTN_VERSION_PATCH 0

namespace gtn {

// The version that the library was built as. It differs from GTN_VERSION where a program was compiled with the headers
// of another one.
std::string_view library_version();

}  // namespace gtn
