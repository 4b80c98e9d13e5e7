#include "gtn/core/version.h"

namespace gtn {

std::string_view library_version() { return GTN_VERSION; }

}  // namespace gtn
