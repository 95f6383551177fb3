// Decides how the page notifies the user of a message from another person. Pure.

// `isOpen`: the message belongs to the open conversation.
// `isSpoken`: a screen reader speaks it, because the user already reads the conversation.
// `isAnnounced`: one of the tabs announces it by sound and by the browser's notification (tabs.js).
// `hasToast`: a toast shows it. A muted conversation is silent.
export const decideNotification = ({ isOpen, isMuted, quiet }) => ({
  isSpoken: isOpen,
  isAnnounced: !isMuted && !quiet,
  hasToast: !isOpen && !isMuted && !quiet,
});
