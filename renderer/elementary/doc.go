// Package elementary holds elementary functions that give the same bits on every CPU: logarithms, the angle of a point,
// sine and cosine, and the transfer function of sRGB.
//
// Those of package math are assembly on some CPUs and plain Go on others, and need not agree in the last bit; a picture
// that was made of them would not be the same everywhere. Here every floating-point product is rounded on its own (written
// float64(x*y)), so that no compiler fuses it with an addition, and of package math only what IEEE 754 defines exactly is
// used: square root, floor, and taking numbers apart.
//
// Each function states its error, and a test compares it with math/big.
package elementary
