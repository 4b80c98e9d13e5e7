// Every fuzz target on its corpus: each file whole, cut short, and with bytes changed. A target that finds a fault ends
// the process, a sanitizer says where, and the input lies in fuzz_input. A fuzzer goes on from there (CMakeLists.txt).
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>

#include "fuzz_targets.h"
#include "gtn/core/file.h"
#include "gtn/core/random.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t*, size_t size, size_t) { return size; }  // targets link to it

namespace gtn {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kChanges = 40;  // of each kind, to each file

class Corpus : public testing::TestWithParam<FuzzTarget> {};

TEST_P(Corpus, and_what_is_near_it_does_no_harm) {
  const auto run = [](const std::string& bytes) {
    std::ofstream("fuzz_input", std::ios::binary) << bytes;
    GetParam().run(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  };
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(GTN_SOURCE_DIR) / "tests/fuzz/corpus" / GetParam().name))
    files.push_back(entry.path());
  std::ranges::sort(files);
  ASSERT_FALSE(files.empty());
  run("");
  for (const fs::path& file : files) {
    const std::string bytes = read_file(file);
    ASSERT_FALSE(bytes.empty()) << file;
    run(bytes);
    const Key key = Key(1).split(file.filename().string());
    const auto size = static_cast<uint64_t>(bytes.size());
    for (uint64_t i = 0; i < kChanges; ++i) {
      run(bytes.substr(0, key.split("cut").split(i).bits() % size));
      std::string changed = bytes;
      const Key change = key.split("change").split(i);
      changed[change.split("where").bits() % size] = static_cast<char>(change.split("what").bits() & 0xff);
      run(changed);
    }
  }
  fs::remove("fuzz_input");
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Corpus, testing::ValuesIn(fuzz_targets()),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace gtn
