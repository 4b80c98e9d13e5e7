#include "gtn/core/json.h"

namespace gtn {

Json parse_json(std::string_view text) {
  constexpr int kDeepest = 64;
  bool too_deep = false;
  const auto keep = [&](int depth, Json::parse_event_t, const Json&) {
    too_deep |= depth > kDeepest;
    return !too_deep;
  };
  Json json = Json::parse(text, keep, /*allow_exceptions=*/false);
  return too_deep ? Json(Json::value_t::discarded) : json;
}

}  // namespace gtn
