/* The least that a process can be: what every other one is measured against. */
int main(void) { return 0; }
