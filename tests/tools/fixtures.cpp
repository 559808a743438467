// The fixtures that this binary shares with the pipeline's tests.
#include "query/hostile_strings.cpp"
#include "query/scripted_backend.cpp"
