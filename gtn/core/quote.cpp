#include "gtn/core/quote.h"

#include "gtn/core/json.h"

namespace gtn {

std::string quoted(const std::string& text) {
  constexpr size_t kLimit = 60;
  const std::string result =
      Json(text.substr(0, kLimit)).dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
  return text.size() > kLimit ? result + "..." : result;
}

}  // namespace gtn
