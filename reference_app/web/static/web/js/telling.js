// How a reader is told of a message from somebody else. Pure.

// `isOpen`: its conversation is the open one; `isTeller`: this tab is the one that tells.
// By voice where it is read already, elsewhere by a toast; by sound and by the browser's
// notification once, whatever the number of tabs. A muted conversation tells nothing aloud.
export const howToTell = ({ isOpen, isMuted, isTeller, quiet }) => ({
  voice: isOpen,
  sound: isTeller && !isMuted && !quiet,
  notification: isTeller && !isMuted && !quiet,
  toast: !isOpen && !isMuted && !quiet,
});
