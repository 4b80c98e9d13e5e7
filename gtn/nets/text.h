// Small pieces of the learner text, written the same way everywhere.
#pragma once

#include <string>

namespace gtn {

// The shortest decimal that reads back as the same double: "0.1".
std::string number_text(double number);

}  // namespace gtn
