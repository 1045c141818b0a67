package bandpng

// How hard an [Encoder] tries: bytes against time. docs/adr/0007-png-encoder.md holds the measurements.
const (
	// minRepeat is the least length of a repeat that is looked for. Less makes files hardly smaller, because a repeat costs
	// the code of its distance too, and many short ones are slow to find and to write.
	minRepeat = 6

	// searchLevel is the level of flate for samples of 16 bits; 5 is a fifth faster and 1 to 3 % larger.
	searchLevel = 6
)
