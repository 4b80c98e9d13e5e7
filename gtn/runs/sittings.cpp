#include "gtn/runs/sittings.h"

#include <ctime>

#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/core/json.h"
#include "gtn/core/machine.h"
#include "gtn/core/version.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kWrittenEvery{30};
constexpr uint64_t kLargestFile = uint64_t{1} << 20;

std::string now_in_utc() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

Sitting sitting_of(const Json& json) {
  return {.began = json.at("began").get<std::string>(),
          .seconds = json.at("seconds").get<double>(),
          .program = json.at("program").get<std::string>(),
          .cpu = json.at("cpu").get<std::string>(),
          .cores = json.at("cores").get<int64_t>(),
          .threads = json.at("threads").get<int64_t>(),
          .device = json.at("device").get<std::string>()};
}

Json to_json(const Sitting& sitting) {
  return {{"began", sitting.began}, {"seconds", sitting.seconds}, {"program", sitting.program}, {"cpu", sitting.cpu},
          {"cores", sitting.cores}, {"threads", sitting.threads}, {"device", sitting.device}};
}

}  // namespace

SittingClock::SittingClock(fs::path path, std::string device, int64_t threads)
    : path_(std::move(path)), sittings_(read_sittings(path_)), begin_(Clock::now()) {
  const Machine machine = describe_machine();
  sittings_.push_back({.began = now_in_utc(),
                       .program = GTN_VERSION,
                       .cpu = machine.cpu,
                       .cores = machine.cores,
                       .threads = threads,
                       .device = std::move(device)});
  write();
}

SittingClock::~SittingClock() {
  try {
    write();
  } catch (const std::exception&) {  // a cost less, and the run itself is whole
  }
}

void SittingClock::tick() {
  const std::lock_guard lock(mutex_);
  if (Clock::now() - written_ >= kWrittenEvery) write();
}

void SittingClock::write() {
  written_ = Clock::now();
  sittings_.back().seconds = std::chrono::duration<double>(written_ - begin_).count();
  Json list = Json::array();
  for (const Sitting& sitting : sittings_) list.push_back(to_json(sitting));
  write_file_atomic(path_, list.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::vector<Sitting> read_sittings(const fs::path& path) {
  if (!fs::exists(path)) return {};
  std::vector<Sitting> sittings;
  try {
    for (const Json& json : parse_json(read_file(path, kLargestFile))) sittings.push_back(sitting_of(json));
  } catch (const Json::exception&) {
    throw failure(path.string(), "is no list of sittings; it says what the run cost and nothing else: move it away");
  }
  return sittings;
}

}  // namespace gtn
