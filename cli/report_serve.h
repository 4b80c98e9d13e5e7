// A page on this machine's own loopback address, which follows runs while they are written.
#pragma once

#include <functional>
#include <string>

#include "gtn/core/json.h"

namespace gtn {

// Serves the page and, as the page asks again and again, what `data` returns then, until a person presses Ctrl-C. Only
// programs of this machine reach it, and a page of another origin cannot read it. `port` 0: any that is free. Calls
// `ready` with the address once it answers. Throws a failure where the port is taken.
void serve_page(const std::function<Json()>& data, int port, const std::function<void(const std::string&)>& ready);

}  // namespace gtn
