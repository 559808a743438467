/// Bounds the depth of the parser's recursion (the guard's own bound is 256 levels of parentheses).
#pragma once

#include "backend/duckdb/dialect/parser.hpp"

namespace backend::duckdb::dialect {

class Parser::Nesting {
public:
    explicit Nesting(Parser& parser) : parser_{parser} {
        if (++parser_.depth_ > 256) parser_.unsupported("An expression nested deeper than 256 levels");
    }
    ~Nesting() { --parser_.depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

    bool allowed() const { return parser_.depth_ <= 256; }

private:
    Parser& parser_;
};

}  // namespace backend::duckdb::dialect
