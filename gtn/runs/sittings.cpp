#include "gtn/runs/sittings.h"

#include <ctime>
#include <stdexcept>
#include <type_traits>

#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/core/json.h"
#include "gtn/core/machine.h"
#include "gtn/core/version.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr uint64_t kLargestFile = uint64_t{1} << 20;

std::string now_in_utc() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

// A number of seconds or things, of which there are not less than none. Throws where it is none.
template <class Number>
Number count_of(const Json& json, const char* name) {
  const Json& number = json.at(name);
  if (!number.is_number_unsigned() && !(std::is_floating_point_v<Number> && number.is_number_float() && number >= 0))
    throw std::invalid_argument("no count");
  return number.get<Number>();
}

Sitting sitting_of(const Json& json) {
  return {.began = json.at("began").get<std::string>(),
          .seconds = count_of<double>(json, "seconds"),
          .program = json.at("program").get<std::string>(),
          .cpu = json.at("cpu").get<std::string>(),
          .cores = count_of<int64_t>(json, "cores"),
          .threads = count_of<int64_t>(json, "threads"),
          .device = json.at("device").get<std::string>()};
}

Json to_json(const Sitting& sitting) {
  return {{"began", sitting.began}, {"seconds", sitting.seconds}, {"program", sitting.program}, {"cpu", sitting.cpu},
          {"cores", sitting.cores}, {"threads", sitting.threads}, {"device", sitting.device}};
}

}  // namespace

SittingClock::SittingClock(fs::path path, std::string device, int64_t threads, Clock::duration written_every)
    : path_(std::move(path)), sittings_(read_sittings(path_)), begin_(Clock::now()), written_every_(written_every) {
  const Machine machine = describe_machine();
  sittings_.push_back({.began = now_in_utc(),
                       .program = GTN_VERSION,
                       .cpu = machine.cpu,
                       .cores = machine.cores,
                       .threads = threads,
                       .device = std::move(device)});
}

SittingClock::~SittingClock() {
  if (!written_) return;
  try {
    write();
  } catch (const std::exception&) {  // a cost less, and the run itself is whole
  }
}

void SittingClock::tick() {
  const std::lock_guard lock(mutex_);
  if (!written_ || Clock::now() - *written_ >= written_every_) write();
}

void SittingClock::write() {
  written_ = Clock::now();
  sittings_.back().seconds = std::chrono::duration<double>(*written_ - begin_).count();
  Json list = Json::array();
  for (const Sitting& sitting : sittings_) list.push_back(to_json(sitting));
  write_file_atomic(path_, list.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::vector<Sitting> read_sittings(const fs::path& path) {
  if (!fs::exists(path)) return {};
  const Json list = parse_json(read_file(path, kLargestFile));
  std::vector<Sitting> sittings;
  try {
    if (!list.is_array()) throw std::invalid_argument("no list");
    for (const Json& json : list) sittings.push_back(sitting_of(json));
  } catch (const std::exception&) {
    throw failure(path.string(), "is no list of sittings; it says what the run cost and nothing else: move it away");
  }
  return sittings;
}

}  // namespace gtn
