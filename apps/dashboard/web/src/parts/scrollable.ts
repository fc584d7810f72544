/** Lets who has no mouse scroll what is wider or higher than its place: it takes the focus then. */
export function scrollable(element: HTMLElement): { destroy(): void } {
  const look = (): void => {
    const isCut =
      element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight;
    if (isCut) element.tabIndex = 0;
    else element.removeAttribute('tabindex');
  };
  const observer = new ResizeObserver(look);
  observer.observe(element);
  for (const child of element.children) observer.observe(child);
  look();
  return { destroy: () => observer.disconnect() };
}
