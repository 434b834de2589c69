// Functions without a body need a file of assembler beside them.
