#include "mcp/request_meta.hpp"

#include <gtest/gtest.h>

namespace {

constexpr std::string_view valid = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";

TEST(TraceContext, is_read_as_the_w3c_writes_it) {
    const auto trace = mcp::trace_from(valid, "vendor=1");
    EXPECT_EQ(trace.trace_id, "0af7651916cd43dd8448eb211c80319c");
    EXPECT_EQ(trace.parent_id, "00f067aa0ba902b7");
    EXPECT_TRUE(trace.sampled);
    EXPECT_EQ(trace.state, "vendor=1");
    EXPECT_FALSE(mcp::trace_from("00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-00", "").sampled);
}

TEST(TraceContext, anything_else_is_none) {
    for (const std::string_view text : {"", "00", "00-0AF7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
                                        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                                        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                                        "ff-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
                                        "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-0x",
                                        "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01-more",
                                        "00_0af7651916cd43dd8448eb211c80319c_00f067aa0ba902b7_01"}) {
        EXPECT_EQ(mcp::trace_from(text, "").trace_id, "") << text;
    }
    EXPECT_NE(mcp::trace_from("01-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01-more", "").trace_id, "")
        << "a newer version may go on";
}

TEST(TraceContext, a_state_that_is_too_long_is_left_out) {
    EXPECT_EQ(mcp::trace_from(valid, std::string(513, 'a')).state, "");
    EXPECT_EQ(mcp::trace_from(valid, std::string(512, 'a')).state.size(), 512U);
}

}  // namespace
