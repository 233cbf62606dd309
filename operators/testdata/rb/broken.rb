require 'surely_not_installed'
