// The learner text: any bytes either build a net or end in gtn::Error.
#include "gtn/core/error.h"
#include "gtn/nets/spec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const auto net = gtn::make_net(std::string(data, data + size), {1, 28, 28}, 10);
    const auto again = gtn::make_net(net->text(), {1, 28, 28}, 10);
    if (again->text() != net->text() || again->parameter_count() != net->parameter_count()) __builtin_trap();
  } catch (const gtn::Error&) {
  }
  return 0;
}
