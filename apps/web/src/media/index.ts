/** Files, places and recordings in conversations. */
export { AttachButton, type AttachButtonProps } from './attach/attach-button.tsx';
export { MediaBody, type MediaBodyProps } from './body/media-body.tsx';
export { DropZone, type DropZoneProps } from './drop-zone.tsx';
export { Viewer, type ViewerProps } from './viewer/viewer.tsx';
export { VoiceButton, type VoiceButtonProps } from './voice/voice-button.tsx';
