int nothing_of_a_plugin(void);
int nothing_of_a_plugin(void) { return 0; }
