#include "cli/usual_run.h"

#include <gtest/gtest.h>

#include "gtn/core/config.h"
#include "gtn/core/file.h"

namespace gtn {
namespace {

TEST(UsualRun, is_what_the_quickstart_shows) {
  const std::string path = GTN_SOURCE_DIR "/configs/quickstart.toml";
  RunConfig quickstart;
  read_toml(quickstart, read_file(path), path);
  const RunConfig usual = usual_run();
  // Fixed there, so that it can be repeated; as many as the machine does in ten minutes here.
  quickstart.meta.outer.iterations = usual.meta.outer.iterations;
  quickstart.validation.every = usual.validation.every;
  EXPECT_EQ(to_toml(quickstart), to_toml(usual));
}

}  // namespace
}  // namespace gtn
