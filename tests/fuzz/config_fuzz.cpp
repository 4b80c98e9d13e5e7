// Any bytes: a config, or a usage error, and then the config is as it was. As TOML and as one setting.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "gtn/core/error.h"
#include "tests/core/sample_config.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

template <class Action>
void read_or_refuse(gtn::SampleConfig config, const Action& action) {
  try {
    action(config);
    gtn::SampleConfig again;
    gtn::read_toml(again, gtn::to_toml(config), "again");
    require(again == config);
  } catch (const gtn::Error& error) {
    require(error.kind() == gtn::ErrorKind::usage);
    const gtn::SampleConfig untouched;
    require(config == untouched);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  read_or_refuse({}, [&](gtn::SampleConfig& config) { gtn::read_toml(config, text, "fuzz"); });
  read_or_refuse({}, [&](gtn::SampleConfig& config) { gtn::apply_settings(config, {text}); });
  return 0;
}
