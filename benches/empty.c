/* The smallest process: nothing starts and ends in less time. */
int main(void) { return 0; }
