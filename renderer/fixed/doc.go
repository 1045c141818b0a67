// Package fixed multiplies numbers in fixed point: integers in units of 2^-bits, for any multiple of 64 bits. Package orbit makes its steps
// of that.
//
// # The product
//
// [Multiplier] says what a product is. It works on math/big everywhere: the product of two numbers without the words below the last
// place, towards 0, where they are short; and a short product after T. Mulders ("On short multiplications and divisions", 2000) where
// they are long, which is below that by two units at most. It is exactly defined, as sums of integer parts, so that whoever knows
// those another way makes the same bits.
//
// # Limbs
//
// [Product] does, on processors with AVX-512 IFMA. Its instructions multiply eight pairs of integers of 52 bits at once and add the lower or
// the upper halves of the products to eight sums of 64 bits, so that carries can wait (S. Gueron and V. Krasnov, "Accelerating Big
// Integer Arithmetic Using Intel IFMA Extensions", 2016). A [Number] is kept in such limbs from step to step, by sign and magnitude.
//
// Of the columns of a product those far below the last place are not made, which is nearly half of the work. It is the plain method, that of
// n^2 products of limbs: A. Karatsuba's, which math/big takes above 40 words, gains nothing on these instructions for
// numbers of less than some hundred limbs.
//
// # Engines
//
// The assembly is written by renderer/escape/gen. Both engines are compared on numbers of all lengths, long runs of ones, and what
// fuzzing finds. There is no Format where there is no IFMA, and numbers stay with math/big.
package fixed
