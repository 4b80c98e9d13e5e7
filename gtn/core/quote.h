// Text from a stranger's file, made fit for a message.
#pragma once

#include <string>

namespace gtn {

// The text in double quotes, at most 60 bytes of it, everything but printable ASCII escaped as in JSON: it can neither
// flood a terminal nor move its cursor.
std::string quoted(const std::string& text);

}  // namespace gtn
