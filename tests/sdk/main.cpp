// What the test kit finds wrong fails the test that runs.
#include "hawser/testing.hpp"

#include <gtest/gtest.h>

int main(int argc, char **argv)
{
    testing::InitGoogleTest(&argc, argv);
    hawser::testing::on_problem = [](const std::string &text) { ADD_FAILURE() << text; };
    return RUN_ALL_TESTS();
}
