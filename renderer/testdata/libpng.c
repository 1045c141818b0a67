/* Encodes and decodes PNG files by libpng, for comparison.

   libpng encode WIDTH HEIGHT DEPTH COLOR STRIDE TIMES < raw rows > sizes and seconds of CPU
   libpng decode < file.png > 16-bit RGB, big-endian

   COLOR is that of IHDR; a palette is all gray. */
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static size_t written;

static void count(png_structp png, png_bytep data, png_size_t size) {
	(void)png, (void)data;
	written += size;
}

static void nothing(png_structp png) { (void)png; }

static void encode(int width, int height, int depth, int color, size_t stride, png_bytep pix) {
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(png);
	png_color gray[256];
	for (int i = 0; i < 256; i++)
		gray[i].red = gray[i].green = gray[i].blue = i;
	written = 0;
	png_set_write_fn(png, NULL, count, nothing);
	png_set_IHDR(png, info, width, height, depth, color, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	if (color == PNG_COLOR_TYPE_PALETTE)
		png_set_PLTE(png, info, gray, 256);
	png_write_info(png, info);
	for (int row = 0; row < height; row++)
		png_write_row(png, pix + row * stride);
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
}

static void decode(void) {
	png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(png);
	if (setjmp(png_jmpbuf(png)))
		exit(1);
	png_init_io(png, stdin);
	png_read_info(png, info);
	png_set_expand_16(png);
	png_set_gray_to_rgb(png);
	png_read_update_info(png, info);
	size_t size = png_get_rowbytes(png, info);
	png_bytep row = malloc(size);
	for (png_uint_32 i = png_get_image_height(png, info); i > 0; i--) {
		png_read_row(png, row, NULL);
		fwrite(row, 1, size, stdout);
	}
	png_read_end(png, info);
}

int main(int argc, char **argv) {
	if (argc == 2 && strcmp(argv[1], "decode") == 0) {
		decode();
		return 0;
	}
	if (argc != 8 || strcmp(argv[1], "encode") != 0)
		return 2;
	int height = atoi(argv[3]), times = atoi(argv[7]);
	size_t stride = atol(argv[6]);
	png_bytep pix = malloc(stride * height);
	if (fread(pix, stride, height, stdin) != (size_t)height)
		return 2;
	for (; times > 0; times--) {
		clock_t start = clock();
		encode(atoi(argv[2]), height, atoi(argv[4]), atoi(argv[5]), stride, pix);
		printf("%zu %.6f\n", written, (double)(clock() - start) / CLOCKS_PER_SEC);
	}
	return 0;
}
