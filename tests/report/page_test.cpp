#include "gtn/report/page.h"

#include <gmock/gmock.h>

#include "gtn/report/base64.h"
#include "gtn/report/page_parts.h"

namespace gtn {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

size_t occurrences(std::string_view text, std::string_view word) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(word, at)) != text.npos; at += word.size()) ++count;
  return count;
}

// What stands between the tags of the element that holds the data.
std::string data_of(const std::string& page) {
  const std::string open = "<script id=\"data\" type=\"application/json\">";
  const size_t from = page.find(open) + open.size();
  return page.substr(from, page.find("</script>", from) - from);
}

const std::string kHostile = "</script><script>alert(1)</script><!-- {{script}} \" ' & \xe2\x80\xa8 \n";

TEST(Base64, is_that_of_the_standard) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};  // RFC 4648, section 10
  for (const auto& [bytes, text] : vectors) EXPECT_EQ(base64(bytes), text);
  EXPECT_EQ(base64(std::string("\xff\xfe\x00\xfb", 4)), "//4A+w==");
  EXPECT_EQ(data_uri("image/png", "foo"), "data:image/png;base64,Zm9v");
}

TEST(Page, holds_everything_and_loads_nothing) {
  const std::string page = render_page({{"title", "a run"}, {"runs", Json::array()}}, PageKind::file);
  EXPECT_THAT(page, StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(page, HasSubstr("<title>a run · gtn</title>"));
  for (const std::string_view part : {page_style(), page_script(), chart_library()})
    EXPECT_NE(page.find(part), page.npos);
  EXPECT_EQ(page.find("{{"), page.find("{{", page.find(chart_library())));  // of our own markers none is left
  for (const char* const loads : {" src=", "@import", "url(", "rel=\"stylesheet\""})
    EXPECT_EQ(occurrences(std::string(page_template()) + std::string(page_style()), loads), 0u) << loads;
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, HasSubstr("Released under the MIT License"));
  EXPECT_THAT(page, HasSubstr("Permission is hereby granted"));
  EXPECT_EQ(page, render_page({{"title", "a run"}, {"runs", Json::array()}}, PageKind::file));
}

TEST(Page, only_a_served_one_may_ask_its_server) {
  const Json data{{"title", ""}, {"runs", Json::array()}};
  EXPECT_THAT(render_page(data, PageKind::file), Not(HasSubstr("connect-src")));
  EXPECT_THAT(render_page(data, PageKind::file), HasSubstr("data-kind=\"file\""));
  EXPECT_THAT(render_page(data, PageKind::served), HasSubstr("connect-src 'self'"));
  EXPECT_THAT(render_page(data, PageKind::served), HasSubstr("data-kind=\"served\""));
}

TEST(Page, texts_of_strangers_stay_texts) {
  const Json data{{"title", kHostile}, {"runs", Json::array({kHostile, "\xff"})}};
  const std::string page = render_page(data, PageKind::file), plain = render_page({{"title", ""}}, PageKind::file);
  for (const char* const tag : {"<script", "</script", "<!--", "</title"})
    EXPECT_EQ(occurrences(page, tag), occurrences(plain, tag)) << tag;
  const Json read = Json::parse(data_of(page));
  EXPECT_EQ(read["title"], kHostile);
  EXPECT_EQ(read["runs"][1], "\xef\xbf\xbd");
  EXPECT_EQ(page_json(data), data_of(page));
}

TEST(Page, its_own_parts_end_no_element_early) {
  for (const std::string_view part : {page_script(), chart_library()}) {
    EXPECT_EQ(occurrences(part, "</script"), 0u);
    EXPECT_EQ(occurrences(part, "<!--"), 0u);
  }
  EXPECT_EQ(occurrences(page_style(), "</style"), 0u);
}

TEST(Page, needs_a_title) {
  for (const Json& data : {Json::object(), Json{{"title", 3}}, Json::array()})
    EXPECT_THROW(render_page(data, PageKind::file), std::invalid_argument);
}

}  // namespace
}  // namespace gtn
