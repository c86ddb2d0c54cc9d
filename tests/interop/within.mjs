/** Milliseconds; less than the runner allows a test, so that the failure names what was awaited. */
export const PATIENCE = 30_000;

/** What the promise gives; it fails with what was awaited when that does not come in time. */
export async function within(what, promise, patience = PATIENCE) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${patience / 1000} s for ${what}`)), patience);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until the condition is met, which is looked at after each `pause`. */
export async function until(what, condition, pause, patience = PATIENCE) {
  const end = Date.now() + patience;
  while (!(await condition())) {
    await within(what, pause(), Math.max(end - Date.now(), 1));
  }
}
