import { type DragEvent, useState } from 'react';

/** Takes files that are dragged onto an element. */
export function useDrop(onFiles: (files: readonly File[]) => void, disabled: boolean) {
  // Entering something within comes before leaving what it is in.
  const [depth, setDepth] = useState(0);
  const carriesFiles = ({ dataTransfer }: DragEvent) => !disabled && dataTransfer.types.includes('Files');
  const handlers = {
    onDragEnter: (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      setDepth((before) => before + 1);
    },
    onDragOver: (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
    },
    onDragLeave: (event: DragEvent) => {
      if (carriesFiles(event)) setDepth((before) => Math.max(0, before - 1));
    },
    onDrop: (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      setDepth(0);
      const files = [...event.dataTransfer.files];
      if (files.length > 0) onFiles(files);
    },
  };
  return { over: depth > 0, handlers };
}
