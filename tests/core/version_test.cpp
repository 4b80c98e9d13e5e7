#include "gtn/core/version.h"

#include <gtest/gtest.h>

#include <string>

namespace gtn {
namespace {

TEST(Version, text_and_numbers_agree) {
  EXPECT_EQ(GTN_VERSION, std::to_string(GTN_VERSION_MAJOR) + "." + std::to_string(GTN_VERSION_MINOR) + "." +
                             std::to_string(GTN_VERSION_PATCH));
}

TEST(Version, library_is_the_one_of_these_headers) { EXPECT_EQ(library_version(), GTN_VERSION); }

}  // namespace
}  // namespace gtn
