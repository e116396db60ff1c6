# hv_values is what events carry, alone: tests of the console link just that.
add_library(hv_values STATIC backend_values.c)
target_link_libraries(hv_values PUBLIC hv_base)
