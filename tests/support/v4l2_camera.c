// A camera that is not there: preloaded, this answers what a program asks of the Video4Linux device WEIR_TEST_CAMERA.
// Without the file it is unplugged; the words in it say how it behaves: `busy`, `denied`, `silent`, `mjpeg`.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { BUFFERS = 8, NOTHING = -1 };

static int camera = NOTHING;
static int frames, waits;
static int queue[BUFFERS], queued;
static unsigned char *memory[BUFFERS];
static unsigned width = 640, height = 480, fps = 30, fourcc = V4L2_PIX_FMT_YUYV;
static char manners[256];
static long long due_us;

static int fail(int code) {
  errno = code;
  return -1;
}

static unsigned size_of_frame(void) { return width * height * 2; }

static int open_camera(const char *path, int flags) {
  int file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);
  if (file < 0) return -1;
  long length = read(file, manners, sizeof manners - 1);
  manners[length > 0 ? length : 0] = 0;
  if (strstr(manners, "denied")) {
    syscall(SYS_close, file);
    return fail(EACCES);
  }
  frames = queued = 0;
  waits = !(flags & O_NONBLOCK);
  fourcc = strstr(manners, "mjpeg") ? V4L2_PIX_FMT_MJPEG : V4L2_PIX_FMT_YUYV;
  return camera = file;
}

static long long now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static int ready(void) { return queued > 0 && !strstr(manners, "silent") && now_us() >= due_us; }

static int give(struct v4l2_buffer *buffer) {
  for (;;) {
    if (access(getenv("WEIR_TEST_CAMERA"), F_OK) != 0) return fail(ENODEV);
    if (ready()) break;
    if (!waits) return fail(EAGAIN);
    usleep(1000);
  }
  due_us += 1000000 / fps;
  int index = queue[0];
  memmove(queue, queue + 1, --queued * sizeof *queue);
  memset(memory[index], 16 + frames % 200, size_of_frame());
  memset(buffer, 0, sizeof *buffer);
  buffer->type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  buffer->memory = V4L2_MEMORY_MMAP;
  buffer->index = index;
  buffer->bytesused = buffer->length = size_of_frame();
  buffer->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
  buffer->timestamp = (struct timeval){due_us / 1000000, due_us % 1000000};
  buffer->sequence = frames++;
  return 0;
}

static int describe(struct v4l2_format *format, int set) {
  struct v4l2_pix_format *pix = &format->fmt.pix;
  if (set) {
    width = pix->width <= 320 ? 320 : 640;
    height = pix->width <= 320 ? 240 : 480;
  }
  *pix = (struct v4l2_pix_format){
      .width = width, .height = height, .pixelformat = fourcc, .field = V4L2_FIELD_NONE,
      .bytesperline = width * 2, .sizeimage = size_of_frame()};
  return 0;
}

static int rate(struct v4l2_streamparm *parm, int set) {
  struct v4l2_captureparm *capture = &parm->parm.capture;
  if (set && capture->timeperframe.numerator > 0) {
    fps = capture->timeperframe.denominator / capture->timeperframe.numerator <= 15 ? 15 : 30;
  }
  capture->capability = V4L2_CAP_TIMEPERFRAME;
  capture->timeperframe = (struct v4l2_fract){1, fps};
  return 0;
}

static int answer(unsigned long request, void *data) {
  switch (request) {
    case VIDIOC_QUERYCAP: {
      struct v4l2_capability *capability = data;
      memset(capability, 0, sizeof *capability);
      strcpy((char *)capability->card, "Weir Test Camera");
      capability->capabilities = capability->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
      return 0;
    }
    case VIDIOC_G_INPUT: *(int *)data = 0; return 0;
    case VIDIOC_S_INPUT: return 0;
    case VIDIOC_ENUMINPUT: {
      struct v4l2_input *input = data;
      if (input->index > 0) return fail(EINVAL);
      input->type = V4L2_INPUT_TYPE_CAMERA;
      input->std = 0;
      return 0;
    }
    case VIDIOC_ENUM_FMT: {
      struct v4l2_fmtdesc *format = data;
      if (format->index > 0) return fail(EINVAL);
      format->pixelformat = fourcc;
      return 0;
    }
    case VIDIOC_G_FMT: return describe(data, 0);
    case VIDIOC_TRY_FMT: return describe(data, 0);
    case VIDIOC_S_FMT: return strstr(manners, "busy") ? fail(EBUSY) : describe(data, 1);
    case VIDIOC_G_PARM: return rate(data, 0);
    case VIDIOC_S_PARM: return rate(data, 1);
    case VIDIOC_REQBUFS: {
      struct v4l2_requestbuffers *wanted = data;
      if (wanted->count > BUFFERS) wanted->count = BUFFERS;
      return 0;
    }
    case VIDIOC_QUERYBUF: {
      struct v4l2_buffer *buffer = data;
      buffer->length = size_of_frame();
      buffer->m.offset = buffer->index * 0x1000000u;
      return 0;
    }
    case VIDIOC_QBUF: queue[queued++] = ((struct v4l2_buffer *)data)->index; return 0;
    case VIDIOC_DQBUF: return give(data);
    case VIDIOC_STREAMON: due_us = now_us() + 1000000 / fps; return 0;
    case VIDIOC_STREAMOFF: return 0;
    default: return fail(ENOTTY);
  }
}

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  int mode = va_arg(rest, int);
  va_end(rest);
  const char *wanted = getenv("WEIR_TEST_CAMERA");
  if (wanted && strcmp(path, wanted) == 0 && (flags & O_ACCMODE) == O_RDWR) return open_camera(path, flags);
  return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  int mode = va_arg(rest, int);
  va_end(rest);
  return open(path, flags | O_LARGEFILE, mode);
}

int close(int descriptor) {
  if (descriptor == camera) camera = NOTHING;
  return syscall(SYS_close, descriptor);
}

int ioctl(int descriptor, unsigned long request, ...) {
  va_list rest;
  va_start(rest, request);
  void *data = va_arg(rest, void *);
  va_end(rest);
  // FFmpeg hands requests on as int.
  if (descriptor == camera && camera != NOTHING) return answer((unsigned)request, data);
  return syscall(SYS_ioctl, descriptor, request, data);
}

void *mmap64(void *address, size_t length, int protection, int flags, int descriptor, off_t offset) {
  if (descriptor != camera || camera == NOTHING) {
    return (void *)syscall(SYS_mmap, address, length, protection, flags, descriptor, offset);
  }
  void *made = (void *)syscall(SYS_mmap, NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory[offset / 0x1000000] = made;
}

void *mmap(void *address, size_t length, int protection, int flags, int descriptor, off_t offset) {
  return mmap64(address, length, protection, flags, descriptor, offset);
}
